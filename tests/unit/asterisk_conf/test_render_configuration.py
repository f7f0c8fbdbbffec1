"""The rendered configuration says what it should: read back as Asterisk reads it."""

from __future__ import annotations

import json
import os
import re
import stat

import pytest

from asterisk_conf.render import TEMPLATES, render, rendered
from asterisk_conf.values import node_values

Section = dict[str, list[str]]
FORBIDDEN_RIGHTS = {"system", "command", "config", "all", "agi", "dialplan"}


def sections(text: str) -> list[tuple[str, Section]]:
    """An Asterisk configuration as (section name, options with all their values), comments left out."""
    found: list[tuple[str, Section]] = []
    for line in text.splitlines():
        line = line.partition(";")[0].strip()
        if head := re.fullmatch(r"\[([^]]+)\](\(.*\))?", line):
            found.append((head[1], {}))
        elif line:
            name, _, value = line.partition("=")
            found[-1][1].setdefault(name.strip(), []).append(value.lstrip(">").strip())
    return found


def section(text: str, name: str, kind: str | None = None) -> Section:
    for title, options in sections(text):
        if title == name and (kind is None or options.get("type") == [kind]):
            return options
    raise AssertionError(f"no section [{name}] {kind or ''}")


@pytest.fixture
def files(make_settings):
    def of(**values) -> dict[str, str]:
        return rendered(node_values(make_settings(**values)))

    return of


def test_every_template_is_rendered_and_none_is_empty(files):
    texts = files()
    assert set(texts) == {path.name.removesuffix(".j2") for path in TEMPLATES.glob("*.j2")}
    assert all(text.strip() and "{{" not in text and "{%" not in text for text in texts.values())


def test_all_that_asterisk_writes_lies_below_its_own_folder(files, make_settings):
    settings = make_settings()
    directories = section(files()["asterisk.conf"], "directories")
    assert {"astetcdir", "astlogdir", "astrundir", "astdbdir", "astspooldir"} <= set(directories)
    for (folder,) in directories.values():
        assert folder.startswith(f"{settings.asterisk_dir}/")


def test_functions_that_reach_outside_stay_closed_to_outside_interfaces(files):
    assert section(files()["asterisk.conf"], "options")["live_dangerously"] == ["no"]


def test_only_the_citizen_number_is_answered_and_no_pattern_matches(files):
    text = files(number="137")["extensions.conf"]
    numbers = [value.split(",")[0] for value in section(text, "from-trunk")["exten"]]
    assert numbers == ["137", "+98137", "98137", "0098137"]
    assert not re.search(r"=> *_", text)


def test_dialplan_asks_each_ivr_in_turn_and_then_the_emergency_script(files, make_settings):
    text = files(ivr={"hosts": ["ivr-a:4573", "10.0.0.2:4573"]})["extensions.conf"]
    asked = re.findall(r"AGI\(([^)]*)\)", text)
    script = make_settings().asterisk_dir / "agi-bin" / "emergency"
    assert asked == ["agi://ivr-a:4573/citizen_line", "agi://10.0.0.2:4573/citizen_line", str(script)]


def test_nothing_of_a_caller_stands_unfiltered_in_the_dialplan(files):
    text = files()["extensions.conf"]
    variables = set(re.findall(r"\$\{([A-Za-z0-9_]+(?:\([^)$]*\))?)", text))
    assert variables <= {"FILTER(+0-9,", "CALLERID(num)", "CHANNEL(linkedid)", "LINE111_DONE", "FILTER"}
    assert text.index("FILTER(+0-9,${CALLERID(num)})") < text.index("AGI(")


def test_trunk_is_known_by_its_address_alone_and_strangers_by_nothing(files):
    text = files(sip={"trunk_addresses": ["192.0.2.1", "198.51.100.0/24"]})["pjsip.conf"]
    assert section(text, "global")["endpoint_identifier_order"] == ["ip"]
    trunk = section(text, "trunk", "endpoint")
    assert trunk["identify_by"] == ["ip"]
    assert section(text, "trunk-addresses")["match"] == ["192.0.2.1/32", "198.51.100.0/24"]
    assert "anonymous" not in text


def test_trunk_speaks_alaw_first_sends_keys_as_events_and_may_not_transfer(files):
    trunk = section(files()["pjsip.conf"], "trunk", "endpoint")
    assert (trunk["disallow"], trunk["allow"]) == (["all"], ["alaw,ulaw"])
    assert trunk["dtmf_mode"] == ["rfc4733"]
    assert trunk["direct_media"] == trunk["allow_transfer"] == trunk["allow_subscribe"] == ["no"]


def test_transports_are_udp_and_tcp_and_tls_only_with_a_certificate(files, make_settings, tmp_path):
    kinds = [options["protocol"] for _, options in sections(files()["pjsip.conf"]) if "protocol" in options]
    assert kinds == [["udp"], ["tcp"]]
    pem = tmp_path / "n.pem"
    tls = section(files(sip={"tls_certificate": pem})["pjsip.conf"], "tls")
    assert tls["cert_file"] == tls["priv_key_file"] == [str(make_settings().asterisk_dir / "etc" / "tls.pem")]


def test_behind_nat_the_outer_address_is_told_except_to_neighbours(files):
    assert "external_media_address" not in files()["pjsip.conf"]
    template = section(files(sip={"external_address": "203.0.113.9"})["pjsip.conf"], "transport-template")
    assert template["external_media_address"] == template["external_signaling_address"] == ["203.0.113.9"]
    assert "192.168.0.0/16" in template["local_net"]


def test_trunk_by_registration_is_registered_authenticated_and_tried_for_ever(files, make_settings):
    (make_settings().secrets_dir / "registrar_password").write_text("hunter-2!")
    sip = {"registrar": "sip:sip.provider.example:5070", "registrar_user": "u111", "trunk_addresses": []}
    text = files(sip=sip)["pjsip.conf"]
    registration = section(text, "trunk-registration")
    assert registration["server_uri"] == ["sip:sip.provider.example:5070"]
    assert registration["client_uri"] == ["sip:u111@sip.provider.example"]
    assert registration["line"] == ["yes"]
    assert int(registration["max_retries"][0]) > 1_000_000
    assert section(text, "trunk", "auth")["password"] == ["hunter-2!"]
    assert section(text, "trunk", "aor")["qualify_frequency"] == ["60"]
    assert section(text, "registrar-address")["match"] == ["sip.provider.example"]
    assert "[trunk-addresses]" not in text


def test_trunks_for_outgoing_calls_are_asked_whether_they_live(files):
    text = files(sip={"trunk_contacts": ["sip:192.0.2.1:5060", "sip:192.0.2.2:5060"]})["pjsip.conf"]
    assert section(text, "trunk", "aor")["contact"] == ["sip:192.0.2.1:5060", "sip:192.0.2.2:5060"]
    assert section(text, "trunk", "endpoint")["aors"] == ["trunk"]


def test_ami_has_one_user_a_service_on_the_loopback_with_no_right_to_command(files):
    text = files()["manager.conf"]
    general = section(text, "general")
    assert (general["bindaddr"], general["webenabled"]) == (["127.0.0.1"], ["no"])
    users = {name: options for name, options in sections(text) if "secret" in options}
    assert set(users) == {"call_routing", "doctor"}
    assert len({options["secret"][0] for options in users.values()}) == 2
    for options in users.values():
        assert not set(options["write"][0].split(",")) & FORBIDDEN_RIGHTS
    assert section(text, "ami-user")["deny"] == ["0.0.0.0/0.0.0.0", "::/0"]


def test_web_server_is_on_the_loopback_and_ari_is_off(files):
    texts = files()
    assert section(texts["http.conf"], "general")["bindaddr"] == ["127.0.0.1"]
    assert section(texts["http.conf"], "general")["enable_static"] == ["no"]
    assert section(texts["ari.conf"], "general")["enabled"] == ["no"]


def test_modules_are_listed_one_by_one_and_none_can_run_commands(files):
    modules = section(files()["modules.conf"], "modules")
    assert modules["autoload"] == ["no"]
    loaded = {name.removesuffix(".so") for name in [*modules["load"], *modules["require"]]}
    assert len(loaded) == len(modules["load"]) + len(modules["require"])
    assert not loaded & {"app_system", "func_shell", "func_env", "pbx_spool", "app_originate", "func_curl"}
    assert not any(name.startswith(("res_ari", "res_stasis", "app_voicemail", "chan_iax")) for name in loaded)
    assert {"chan_pjsip", "res_agi", "res_rtp_asterisk"} <= {
        n.removesuffix(".so") for n in modules["require"]
    }


def test_logs_hold_no_verbose_or_key_lines_and_queue_log_is_kept(files):
    text = files()["logger.conf"]
    for (levels,) in section(text, "logfiles").values():
        assert not re.search(r"verbose|dtmf|debug|\*", levels)
    assert section(text, "general")["queue_log_to_file"] == ["yes"]


@pytest.mark.parametrize("name", ["cdr_custom.conf", "cel_custom.conf"])
def test_call_records_leave_out_who_called(files, name):
    ((_, options),) = sections(files()[name])
    fields = set(options["fields"][0].split(","))
    assert "linkedid" in fields
    assert not fields & {"clid", "src", "cidnum", "cidname", "cidani", "ciddnid", "cidrdnis", "userfield"}


def test_rtp_uses_the_ports_set_and_calls_are_limited_by_them(files):
    texts = files(sip={"rtp_first": 20_000, "rtp_last": 20_099})
    rtp = section(texts["rtp.conf"], "general")
    assert (rtp["rtpstart"], rtp["rtpend"], rtp["strictrtp"]) == (["20000"], ["20099"], ["yes"])
    assert section(texts["asterisk.conf"], "options")["maxcalls"] == ["50"]


def test_emergency_script_is_told_where_things_are_and_the_public_key_alone(make_settings):
    settings = make_settings()
    render(settings)
    told = json.loads((settings.asterisk_dir / "etc" / "emergency.json").read_text())
    assert told["node"] == "n1"
    assert told["spool_dir"] == str(settings.spool_dir)
    assert told["sealing_public"] == (settings.secrets_dir / "sealing_public").read_text()
    assert (settings.secrets_dir / "sealing_private").read_text() not in json.dumps(told)


def test_files_can_be_read_by_owner_and_group_alone_and_the_script_be_run(make_settings):
    settings = make_settings()
    for path in render(settings):
        wanted = 0o750 if path.parent.name == "agi-bin" else 0o640
        assert stat.S_IMODE(path.stat().st_mode) == wanted
    assert os.access(settings.asterisk_dir / "agi-bin" / "emergency", os.X_OK)


def test_rendering_again_replaces_whole_files_and_leaves_no_parts(make_settings):
    settings = make_settings()
    assert render(settings) == render(settings)
    assert not list(settings.asterisk_dir.rglob("*.part"))


def test_certificate_is_copied_to_where_asterisk_can_read_it(make_settings, tmp_path):
    pem = tmp_path / "n.pem"
    pem.write_text("certificate and key")
    settings = make_settings(sip={"tls_certificate": pem})
    render(settings)
    copied = settings.asterisk_dir / "etc" / "tls.pem"
    assert copied.read_text() == "certificate and key"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o640

"""The doctor finds what was broken, says it in plain words, and says how to mend it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from line111.doctor import content, machine, node, running
from line111.doctor.examination import examine, worst
from line111.doctor.finding import Finding, Level, Look
from line111.folders import make_folders
from line111.programs import named
from line111.secrets import ensure_secrets, write_secret
from line111.settings import NotificationSettings, RedisSettings, Settings, SipSettings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A node as set-up leaves it."""
    made = Settings(home=tmp_path / "home")
    make_folders(made)
    ensure_secrets(made)
    return made


def of(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


def assert_fault(finding: Finding, *words: str, level: Level = Level.FAULT) -> None:
    assert finding.level is level, finding
    assert finding.mend
    for word in words:
        assert word in finding.words


def test_a_node_as_set_up_leaves_it_has_no_fault(settings: Settings) -> None:
    looks: list[Look] = [machine.python, machine.python_packages, machine.disk_space, machine.inodes]
    looks += [node.folders, node.secrets, node.certificate, content.spool, content.rejected]
    for look in looks:
        assert look(settings).level is Level.WELL, look


def test_a_secret_others_may_read_is_found(settings: Settings) -> None:
    (settings.secrets_dir / "token_ivr").chmod(0o644)
    assert_fault(node.secrets(settings), "token_ivr", "others may read")


def test_a_missing_secret_is_found(settings: Settings) -> None:
    (settings.secrets_dir / "lookup_key").unlink()
    assert_fault(node.secrets(settings), "lookup_key", "missing")


def test_a_lost_data_key_is_to_be_restored_not_made_anew(settings: Settings) -> None:
    (settings.secrets_dir / "data_key.1").unlink()
    finding = node.secrets(settings)
    assert_fault(finding, "data_key")
    assert "backup" in finding.mend


def test_an_empty_secret_is_found(settings: Settings) -> None:
    (settings.secrets_dir / "code_key").write_text("")
    assert_fault(node.secrets(settings), "code_key", "empty")


def test_an_open_folder_is_found(settings: Settings) -> None:
    settings.secrets_dir.chmod(0o755)
    assert_fault(node.folders(settings), "secrets", "0755")


def test_a_missing_folder_is_found(settings: Settings) -> None:
    (settings.spool_dir / "rejected").rmdir()
    assert_fault(node.folders(settings), "rejected", "missing")


def test_a_node_that_was_never_set_up_is_found(tmp_path: Path) -> None:
    assert_fault(node.folders(Settings(home=tmp_path / "none")), "missing")


def test_a_taken_port_is_found_with_its_holder(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finding = machine.ports(of(settings, redis=RedisSettings(port=port)))
    assert_fault(finding, f"{port}/tcp (redis)", f"process {os.getpid()}", level=Level.WARNING)


def test_a_service_that_does_not_answer_is_found(settings: Settings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        look = running.asks(named("redis"))
        assert_fault(look(of(settings, redis=RedisSettings(port=port))), "refused")


def test_a_missing_database_is_found(settings: Settings) -> None:
    finding = running.database(settings)
    assert_fault(finding, "missing")
    assert "line111 setup" in finding.mend


def test_a_clock_gone_back_is_found(settings: Settings) -> None:
    record = settings.spool_dir / "incoming" / "a.json"
    record.touch()
    tomorrow = time.time() + 86_400
    os.utime(record, (tomorrow, tomorrow))
    assert_fault(machine.clock(settings), "behind")


def test_records_that_wait_too_long_are_found(settings: Settings) -> None:
    record = settings.spool_dir / "incoming" / "a.json"
    record.touch()
    for age, level in ((10, Level.WELL), (300, Level.WARNING), (3600, Level.FAULT)):
        then = time.time() - age
        os.utime(record, (then, then))
        finding = content.spool(settings)
        assert finding.level is level
        assert "1 records" in finding.words


def test_a_refused_record_is_found(settings: Settings) -> None:
    (settings.spool_dir / "rejected" / "a.json").touch()
    assert_fault(content.rejected(settings), "1 records", "refused")


def test_missing_models_are_found_and_named(settings: Settings) -> None:
    finding = content.speech_models(settings)
    assert_fault(finding, "fa, en", level=Level.WARNING)
    assert "line111 models fetch fa" in finding.mend


def test_proposals_that_were_not_learned_are_found(settings: Settings) -> None:
    finding = content.proposals(settings)
    assert_fault(finding, "not learned", level=Level.WARNING)
    assert finding.mend == "`line111 proposals learn`"


def providers(settings: Settings, text: str) -> Settings:
    file = settings.home / "providers.toml"
    file.write_text(text)
    return of(settings, notifications=NotificationSettings(providers=file))


def test_messages_that_reach_nobody_are_told_of(settings: Settings) -> None:
    assert_fault(content.messages(settings), "outbox", level=Level.WARNING)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[provider]]\nname = "a"\nkind = "outbox"\n\n[[provider]\n', ["providers.toml", "line 5"]),
        (
            '[[provider]]\nname = "a"\nkind = "outbox"\n\n'
            '[[provider]]\nname = "m"\nkind = "smtp"\nhost = "h"\nprot = 25\n',
            ["provider 2 (line 5), prot"],
        ),
        ("", ["provider: Field required"]),
    ],
)
def test_a_wrong_file_of_providers_is_found_with_line_and_field(
    settings: Settings, text: str, named: list[str]
) -> None:
    finding = content.messages(providers(settings, text))
    assert_fault(finding, *named)
    assert "docs/notifications.md" in finding.mend


def test_a_gateways_missing_token_and_a_providers_missing_password_are_found(settings: Settings) -> None:
    gateway = (
        '[[provider]]\nname = "g"\nkind = "http"\nrequest.url = "http://h"\nreply.sent = [{status=[200]}]\n'
    )
    mail = '[[provider]]\nname = "m"\nkind = "smtp"\nhost = "h"\nsecret = "smtp_password"\n'
    node = providers(settings, gateway + mail)
    finding = content.messages(node)
    assert_fault(finding, "token_provider_g")
    assert "line111 setup" in finding.mend
    ensure_secrets(node, ["token_provider_g"])
    assert_fault(content.messages(node), "smtp_password of m")
    write_secret(node, "smtp_password", "secret")
    assert content.messages(node).words == "g (http), m (smtp)"


def certificate_for(path: Path, days: int) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "line")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(("days", "level"), [(90, Level.WELL), (5, Level.WARNING), (-5, Level.FAULT)])
def test_a_certificate_near_its_end_is_found(settings: Settings, days: int, level: Level) -> None:
    path = certificate_for(settings.home / "tls.pem", days)
    assert node.certificate(of(settings, sip=SipSettings(tls_certificate=path))).level is level


def test_a_certificate_that_is_none_is_a_finding_too(settings: Settings) -> None:
    path = settings.home / "tls.pem"
    path.write_text("nothing")
    broken = of(settings, sip=SipSettings(tls_certificate=path))
    (examined,) = examine(broken, [("TLS certificate", node.certificate)])
    assert_fault(examined.finding, "could not be looked at")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system; without the right to mount there is none to look at."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small", str(place)], check=True)
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_found(small_disk: Callable[[str], Path]) -> None:
    settings = Settings(home=small_disk("size=16m"))
    finding = machine.disk_space(settings)
    assert_fault(finding, "GiB free")


def test_a_disk_without_room_for_more_files_is_found(small_disk: Callable[[str], Path]) -> None:
    home = small_disk("size=16m,nr_inodes=40")
    for number in range(38):
        (home / str(number)).touch()
    assert_fault(machine.inodes(Settings(home=home)), "more files fit")


def test_the_worst_finding_decides() -> None:
    def warns(_: Settings) -> Finding:
        return Finding(Level.WARNING, "w", "m")

    def breaks(_: Settings) -> Finding:
        raise OSError("half installed")

    settings = Settings()
    assert worst(examine(settings, [("a", warns)])) is Level.WARNING
    assert worst(examine(settings, [("a", warns), ("b", breaks)])) is Level.FAULT
    assert worst([]) is Level.WELL

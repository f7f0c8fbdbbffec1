"""The menu as data: every mistake is named with its line, a broken file changes nothing."""

from __future__ import annotations

import asyncio
import html
import logging
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ivr import prompts
from ivr.cli import app
from ivr.menu import DEFAULT_MENU, InvalidMenu, check_menu, load_menu
from ivr.menu_graph import to_dot
from ivr.menu_keeper import MenuKeeper
from ivr.menu_lines import Lines

DEFAULT = DEFAULT_MENU.read_text()
PICTURE = Path(__file__).parents[3] / "docs" / "pictures" / "menu.svg"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    assert old in DEFAULT
    path = tmp_path / "menu.toml"
    path.write_text(DEFAULT.replace(old, new, 1))
    return path


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_default_menu_has_no_mistake_and_names_only_prompts_that_exist():
    assert check_menu() == []
    for node in load_menu().nodes.values():
        assert set(getattr(node.parameters, "prompts", ())) <= prompts.REQUIRED


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ('3 = "follow_up"', '3 = "folow_up"', "folow_up", "no node 'folow_up'"),
        ('step = "province"', 'step = "provinz"', "provinz", "'provinz' is not one of"),
        ("tries = 3", "tries = 30", "tries = 30", "less than or equal to 9"),
        ("tries = 3", 'tries = 3\ntrys = "x"', "trys", "Extra inputs"),
        ('1 = "complaint"', '1 = "complain"', '"complain"', "nodes.kind.keys.1"),
        ('5 = "callback_identity"', '0 = "callback_identity"', "0 =", "pattern"),
        ('"16",\n]', '"16", "23",\n]', "order = [", "twice"),
        ('prompts = ["menu/main"]', 'prompts = ["menu main"]', "menu main", "pattern"),
        ("format = 1", "format = 2", "format = 2", "format"),
        ('start = "greeting"', "start = greeting", "start =", "Invalid value"),
        ('prompts = ["menu/kind"]', 'prompts = "menu/kind', 'prompts = "menu/kind', "Illegal"),
        ('give_up = "goodbye"', 'give_up = "agent"', "[nodes.goodbye]", ""),
        ('agent = "agent_identity"', 'agent = "nowhere"', "nowhere", "no node 'nowhere'"),
        ('step = "goodbye"\nprompts = ["identity/goodbye"]',
         'step = "set_kind"\nkind = "idea"\nnext = "no_identity"',
         "[nodes.no_identity]", "never comes to an end"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_line(tmp_path, old, new, where, words):
    path = changed(tmp_path, old, new)
    errors = check_menu(path)
    if words == "":
        assert errors == []  # a circle with a way out is no mistake
        return
    assert any(words in str(error) and error.line == line_of(path, where) for error in errors), errors


def test_node_nobody_can_reach_is_a_mistake(tmp_path):
    path = changed(
        tmp_path, "# ends", '[nodes.island]\nstep = "goodbye"\nprompts = ["system/goodbye"]\n# ends'
    )
    (error,) = check_menu(path)
    assert (error.line, error.message) == (line_of(path, "island"), "node 'island': no caller can get here")


def test_all_mistakes_are_named_at_once(tmp_path):
    path = tmp_path / "menu.toml"
    path.write_text(DEFAULT.replace("tries = 3", "tries = 0").replace('3 = "report"', '3 = "raport"'))
    assert len(check_menu(path)) == DEFAULT.count("tries = 3") + 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"nodes = 3", b"x" * 2_000_000])
def test_what_is_no_menu_at_all_is_refused(tmp_path, content):
    path = tmp_path / "menu.toml"
    path.write_bytes(content)
    assert check_menu(path)


def test_missing_file_is_a_mistake_too(tmp_path):
    (error,) = check_menu(tmp_path / "none.toml")
    assert "cannot be read" in str(error)


@given(st.binary(max_size=200), st.integers(0, len(DEFAULT)))
def test_no_damage_to_a_file_is_more_than_a_named_mistake(tmp_path_factory, junk, place):
    path = tmp_path_factory.getbasetemp() / "damaged.toml"
    path.write_bytes(DEFAULT.encode()[:place] + junk + DEFAULT.encode()[place:])
    for error in check_menu(path):
        assert error.line >= 1


def test_lines_are_found_behind_long_strings_and_arrays():
    lines = Lines('a = """\n[x]\nb = 1\n"""\nc = [\n 1,\n 2, # [\n]\n[t.u]\n"k e".d = 1 # x\n')
    assert [lines.of(path) for path in (["a"], ["c"], ["t"], ["t", "u", "k e", "d"], ["t", "u", "zz"])] == [
        1, 5, 9, 10, 9,
    ]  # fmt: skip


async def test_changed_menu_is_used_without_a_restart(tmp_path):
    path = changed(tmp_path, "repeats = 2", "repeats = 3")
    keeper = MenuKeeper(path)
    watch = asyncio.create_task(keeper.watch(0.02))
    path.write_text(DEFAULT.replace("repeats = 2", "repeats = 5"))
    async with asyncio.timeout(5):
        while keeper.menu.repeats != 5:  # noqa: ASYNC110 - nobody tells when a file was taken
            await asyncio.sleep(0.02)
    watch.cancel()


def test_broken_new_menu_keeps_the_old_one_and_logs_the_mistake(tmp_path, caplog):
    path = changed(tmp_path, "repeats = 2", "repeats = 3")
    events: list[str] = []
    keeper = MenuKeeper(path, events.append)
    path.write_text(DEFAULT.replace("repeats = 2", "repeats = 70"))
    with caplog.at_level(logging.ERROR):
        assert not keeper.reload()
    assert keeper.menu.repeats == 3
    assert f"{path}:{line_of(path, 'repeats =')}" in caplog.text
    assert events == ["menu_refused"]
    path.write_text(DEFAULT)
    assert keeper.reload()
    assert keeper.errors == []


def test_service_does_not_start_without_a_menu(tmp_path):
    with pytest.raises(InvalidMenu):
        MenuKeeper(changed(tmp_path, "format = 1", "format = 9"))


def test_drawn_menu_shows_every_node_and_every_way():
    menu = load_menu()
    dot = to_dot(menu)
    for name, node in menu.nodes.items():
        assert f'"{name}" [' in dot
        for _, target in node.parameters.targets():
            assert f'"{name}" -> "{target}"' in dot


def test_picture_in_the_readme_shows_the_default_menu_of_today():
    menu = load_menu(DEFAULT_MENU)
    ways = {f"{node.name}->{to}" for node in menu.nodes.values() for _, to in node.parameters.targets()}
    ends = {"menu", "call", f"call->{menu.start}", "zero", f"zero->{menu.agent}"}
    titles = set(re.findall(r"<title>(.*?)</title>", html.unescape(PICTURE.read_text())))
    assert titles == {*menu.nodes, *ways, *ends}, "draw it anew: make pictures"


def test_command_line_checks_and_draws(tmp_path):
    broken = changed(tmp_path, "format = 1", "format = 9")
    run = CliRunner().invoke
    assert run(app, ["check", str(DEFAULT_MENU)]).exit_code == 0
    refused = run(app, ["check", str(broken)])
    assert refused.exit_code == 1
    assert f"{broken}:{line_of(broken, 'format = 9')}" in refused.output
    assert run(app, ["draw", str(broken)]).exit_code == 1
    assert run(app, ["draw", str(DEFAULT_MENU)]).output.startswith("digraph menu")
    picture = tmp_path / "menu.svg"
    assert run(app, ["draw", str(DEFAULT_MENU), "-o", str(picture)]).exit_code == 0
    assert "<svg" in picture.read_text()
    assert subprocess.run([shutil.which("dot"), "-V"], capture_output=True, check=True)

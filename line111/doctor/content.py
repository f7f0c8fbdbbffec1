"""What callers hear, what they left, and what becomes of it."""

from __future__ import annotations

import time
from pathlib import Path

import redis

from line111.doctor.finding import Finding, fault, warning, well
from line111.settings import Settings

_LATE, _TOO_LATE = 120, 900
"""Seconds a record may wait for the bridge before somebody should look; before it is a fault."""
_MANY_JOBS = 200
_LANGUAGES = ("fa", "en")


def speech_models(settings: Settings) -> Finding:
    """A proved speech model for each language."""
    from transcription.store import ModelMissing, ModelStore, ModelUnverified

    store = ModelStore.of(settings)
    proved, missing = [], []
    for language in _LANGUAGES:
        try:
            proved.append(f"{language}: {store.find(language).name}")
        except ModelMissing:
            missing.append(language)
        except ModelUnverified as error:
            return fault(str(error), f"`line111 models fetch {language} --again`")
    if missing:
        return warning(
            f"none for {', '.join(missing)}: its recordings are kept and wait"
            + (f" ({'; '.join(proved)})" if proved else ""),
            "; ".join(f"`line111 models fetch {language}`" for language in missing) + " (or with --file)",
        )
    return well("; ".join(proved))


def prompts(settings: Settings) -> Finding:
    """Every prompt of every language has its sound."""
    from asterisk_conf.prompts.manifest import read_manifest
    from asterisk_conf.prompts.studio import prompt_states

    made = read_manifest(settings.sounds_dir)
    states = {lang: list(prompt_states(settings.sounds_dir, made, lang)) for lang in _LANGUAGES}
    silent = [
        f"{lang}/{row.prompt.id}" for lang, rows in states.items() for row in rows if row.state == "no_sound"
    ]
    if silent:
        more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
        return fault(f"without sound: {', '.join(silent[:3])}{more}", "`line111 prompts build`")
    outdated = [
        f"{lang}/{row.prompt.id}" for lang, rows in states.items() for row in rows if row.state == "outdated"
    ]
    if outdated:
        words = f"{len(outdated)} recorded before their text changed, such as {outdated[0]}"
        return warning(words, "`line111 prompts export` for the studio")
    return well(", ".join(f"{len(rows)} {lang}" for lang, rows in states.items()))


def proposals(settings: Settings) -> Finding:
    """What proposes subject and kind was learned from today's data."""
    from casebridge.proposals.model import kept_in

    if kept_in(settings.proposals_dir).is_file():
        return well("learned")
    words = "not learned: nothing is proposed, people choose by themselves"
    return warning(words, "`line111 proposals learn`")


def messages(settings: Settings) -> Finding:
    """Those who send messages, as their file names them, and the secrets they need."""
    from casebridge.notifications.providers.file import HttpEntry, ProviderFileWrong, read_providers

    if settings.notifications.providers is None:
        words = "no provider named: messages are kept in the outbox, and reach nobody"
        return warning(words, "name providers in a file: docs/notifications.md")
    try:
        entries = read_providers(settings.notifications.providers)
    except ProviderFileWrong as error:
        return fault(str(error), "correct it (docs/notifications.md): the bridge does not start with it")
    folder = settings.secrets_dir
    tokens = [entry.token for entry in entries if isinstance(entry, HttpEntry)]
    if missing := [name for name in tokens if not (folder / name).is_file()]:
        mend = "`line111 setup` makes them; give each to its gateway, and to no other"
        return fault(f"tokens of gateways are missing: {', '.join(missing)}", mend)
    wanted = [(entry.name, entry.secret) for entry in entries if entry.secret]
    if without := [f"{secret} of {name}" for name, secret in wanted if not (folder / secret).is_file()]:
        mend = f"write what the provider gave you into that file below {folder}, mode 600"
        return fault(f"secrets are missing: {', '.join(without)}", mend)
    return well(", ".join(f"{entry.name} ({entry.kind})" for entry in entries))


def spool(settings: Settings) -> Finding:
    """Records that callers have left and the bridge has not accepted yet."""
    waiting = list(_files(settings.spool_dir / "incoming"))
    if not waiting:
        return well("empty: the bridge has everything")
    age = max(0.0, time.time() - min(file.stat().st_mtime for file in waiting))
    words = f"{len(waiting)} records wait for the bridge, the oldest for {age:.0f} s"
    mend = "nothing is lost; ivr delivers and bridge accepts: see `line111 logs ivr bridge`"
    if age > _TOO_LATE:
        return fault(words, mend)
    if age > _LATE:
        return warning(words, mend)
    return well(words)


def rejected(settings: Settings) -> Finding:
    """Records the bridge refused: each is a caller who was told a code and has no case."""
    refused = list(_files(settings.spool_dir / "rejected"))
    if not refused:
        return well("none")
    return fault(
        f"{len(refused)} records were refused by the bridge, kept in {settings.spool_dir / 'rejected'}",
        "`line111 spool list` says why; mend it, then `line111 spool resend --all` (docs/operations.md)",
    )


def transcripts(settings: Settings) -> Finding:
    """Recordings waiting for their text, and those given up."""
    from transcription.job_queue import connect, dead_letter_count, waiting_count

    try:
        with connect(settings) as client:
            waiting, dead = waiting_count(client), dead_letter_count(client)
    except redis.RedisError as error:
        return fault(f"Redis does not tell: {error}", "mend redis first; recordings wait, untouched")
    words = f"{waiting} recordings wait for their text, {dead} were given up"
    if dead:
        return warning(words, "`line111 models dead-letters` lists them, `--retry` tries them again")
    if waiting > _MANY_JOBS:
        return warning(
            words,
            "more processes or threads (LINE111_TRANSCRIPTION__…), or one more machine for it",
        )
    return well(words)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []

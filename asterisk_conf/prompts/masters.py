"""Studio recordings as they were taken in: kept beside the sounds, so that every build prefers them.

`<sounds>/studio/<language>/<group>/<name>.wav` and, in `texts.json`, a hash of the text each was read
from: where the text has changed since, the recording still plays and is listed as outdated.
"""

from __future__ import annotations

import hashlib
import json
import wave
from pathlib import Path

from asterisk_conf.prompts.catalogue import Prompt
from asterisk_conf.prompts.sound import Samples, from_int16, to_int16


def master_of(sounds: Path, prompt: Prompt) -> Path:
    """Where the recording of a prompt lies, whether there is one or not."""
    return sounds / "studio" / prompt.language / f"{prompt.id}.wav"


def master_fingerprint(master: Path) -> str:
    """Changes when another recording is taken in."""
    with master.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:24]


def read_master(master: Path) -> tuple[Samples, int]:
    """Samples and rate of a recording."""
    with wave.open(str(master)) as file:
        return from_int16(file.readframes(file.getnframes())), file.getframerate()


def keep_master(sounds: Path, prompt: Prompt, samples: Samples, rate: int) -> Path:
    """Take a recording in, in the place of an earlier one; returns where it lies."""
    master = master_of(sounds, prompt)
    master.parent.mkdir(parents=True, exist_ok=True)
    part = master.with_name(f".{master.name}.part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(to_int16(samples))
    part.replace(master)
    texts = recorded_texts(sounds) | {f"{prompt.language}/{prompt.id}": text_hash(prompt)}
    index = sounds / "studio" / "texts.json"
    part = index.with_name(".texts.json.part")
    part.write_text(json.dumps(texts, indent=1, sort_keys=True), encoding="utf-8")
    part.replace(index)
    return master


def recorded_texts(sounds: Path) -> dict[str, str]:
    """The hash of the text each recording was read from, by "language/group/name"."""
    try:
        texts = json.loads((sounds / "studio" / "texts.json").read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in texts.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def text_hash(prompt: Prompt) -> str:
    """Of the text a studio reads."""
    return hashlib.sha256(prompt.text.encode()).hexdigest()[:24]

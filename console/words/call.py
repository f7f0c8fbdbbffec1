"""The words for calls: their steps and ends, recordings and their texts, callbacks."""

from __future__ import annotations

from typing import Final

from console.language import N_

STEPS: Final = {
    "greeting": N_("Greeting"),
    "main": N_("Main menu of the line"),
    "kind": N_("Choosing the kind"),
    "identity": N_("National ID"),
    "contact": N_("Contact number"),
    "province": N_("Choosing the province"),
    "message": N_("Speaking the message"),
    "code": N_("Tracking code told"),
    "callback_offer": N_("Callback offered"),
    "guidance": N_("Guidance wished"),
    "agent_identity": N_("National ID (for an agent)"),
    "agent": N_("Agent wished"),
    "follow_up": N_("Following up a case"),
    "callback_identity": N_("National ID (for a callback)"),
    "callback_contact": N_("Contact number (for a callback)"),
    "callback_province": N_("Choosing the province (for a callback)"),
    "callback_time": N_("Choosing the callback's time"),
    "callback_code": N_("Tracking code of the callback told"),
    "no_identity": N_("No valid identity"),
    "goodbye": N_("Goodbye"),
    "resume": N_("Call taken up again"),
}
"""Nodes of the default menu; a centre's own nodes are shown by the names in its menu file."""
ENDINGS: Final = {
    "confirmed": N_("The caller confirmed the message"),
    "hangup": N_("The caller hung up after speaking"),
    "agent_unavailable": N_("No agent was free"),
    "rescued": N_("Rescued from a call that was cut off"),
}
RECORDINGS: Final = {"expected": N_("On its way"), "held": N_("Held"), "absent": N_("Not to be had")}
TRANSCRIPTS: Final = {
    "queued": N_("In line to be transcribed"),
    "in_progress": N_("Being transcribed"),
    "done": N_("Transcribed"),
    "waiting_for_model": N_("Waiting for the model"),
    "empty": N_("No speech in it"),
    "broken": N_("Recording damaged"),
    "failed": N_("Transcription failed"),
    "deadline": N_("Took too long"),
}
CALLBACKS: Final = {
    "waiting": N_("Waiting to be called back"),
    "claimed": N_("Being called back"),
    "done": N_("Called back"),
}
WISHES: Final = {
    "asap": N_("As soon as possible"),
    "afternoon": N_("This afternoon"),
    "tomorrow": N_("The next working day"),
}
OUTCOMES: Final = {
    "reached": N_("Reached"),
    "no_answer": N_("No answer"),
    "busy": N_("Line busy"),
    "wrong_number": N_("Wrong number"),
    "refused": N_("Did not want to talk"),
    "later": N_("Wants another time"),
}

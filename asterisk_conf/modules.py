"""The modules Asterisk loads, in groups with their reason. Everything else stays out."""

from __future__ import annotations

from typing import NamedTuple


class ModuleGroup(NamedTuple):
    """Modules that serve one purpose."""

    why: str
    names: tuple[str, ...]


NEEDED = ("chan_pjsip", "pbx_config", "res_agi", "res_rtp_asterisk", "res_pjsip_endpoint_identifier_ip")
"""Asterisk ends at once where one of these fails: a node that cannot answer must not look well."""

GROUPS = (
    ModuleGroup("SIP's foundations: configuration objects, the stack.", (
        "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject", "res_pjsip",
        "res_pjsip_session", "res_timing_timerfd",
    )),
    ModuleGroup("What the others will not load without.", (
        "res_speech", "res_pjsip_pubsub", "res_statsd", "res_geolocation",
        "func_periodic_hook", "app_chanspy", "func_cut", "func_groupcount", "func_uri",
    )),
    ModuleGroup("Calls over SIP: SDP, NAT, caller's number, reason of hang-up, questions in a dialogue.", (
        "res_pjsip_sdp_rtp", "res_pjsip_nat", "res_pjsip_caller_id", "res_pjsip_rfc3326",
        "res_pjsip_dlg_options", "res_pjsip_empty_info", "res_srtp",
    )),
    ModuleGroup("Who calls and to whom we register. Strangers are challenged, never let in.", (
        "res_pjsip_authenticator_digest", "res_pjsip_outbound_authenticator_digest",
        "res_pjsip_outbound_registration",
    )),
    ModuleGroup("Tracing SIP from the console, when a trunk misbehaves.", (
        "res_pjsip_logger", "res_pjsip_history",
    )),
    ModuleGroup("A-law and mu-law, and 16 kHz for those who offer it.", (
        "codec_alaw", "codec_ulaw", "codec_a_mu", "codec_resample", "format_pcm", "format_sln", "format_wav",
    )),
    ModuleGroup("Joining two legs: applicant and agent, caller and queue.", (
        "bridge_simple", "bridge_native_rtp", "bridge_holding", "bridge_softmix", "app_dial", "app_queue",
        "app_mixmonitor", "res_musiconhold",
    )),
    ModuleGroup("What the dialplan and the ivr run.", (
        "app_playback", "app_read", "app_record", "app_stack", "app_verbose", "app_userevent", "app_echo",
        "func_callerid", "func_channel", "func_strings", "func_logic", "func_timeout", "func_hangupcause",
        "func_cdr",
    )),
    ModuleGroup("Records of calls, metrics, security events.", (
        "res_cdrel_custom", "cdr_custom", "cel_custom", "res_prometheus", "res_security_log",
    )),
)  # fmt: skip

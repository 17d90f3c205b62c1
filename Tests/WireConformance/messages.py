"""Schemas of the .proto files of protocol/ for minipb: the messages that an agent and an operator need."""

HOST_FACTS = {
    1: ("kernel_release", "string"), 2: ("architecture", "string"), 3: ("hostname", "string"),
    4: ("boot_id", "string"), 5: ("online_cpus", "uint"), 6: ("possible_cpus", "uint"),
    7: ("page_size", "uint"), 8: ("long_size", "uint"), 9: ("trace_clock", "string"),
    10: ("pid_namespace", "uint"), 11: ("pid", "uint"),
}
HELD_SESSION = {1: ("session", "fixed64"), 2: ("last_sequence", "uint"), 3: ("finished", "bool"), 4: ("taken_over", "bool"),
                5: ("successor", "bool")}
LABEL = {1: ("key", "string"), 2: ("value", "string")}
HELLO = {
    1: ("versions", "uint", "repeated"), 2: ("capabilities", "string", "repeated"), 3: ("software", "string"),
    4: ("host", HOST_FACTS), 5: ("labels", LABEL, "repeated"), 6: ("incarnation", "string"),
    7: ("sessions", HELD_SESSION, "repeated"),
}
CPU_EVENTS = {1: ("cpu", "uint"), 2: ("events", "uint"), 3: ("lost", "uint"), 4: ("through", "sfixed64")}
RESUME_POINT = {
    1: ("session", "fixed64"), 2: ("acknowledged", "uint"), 3: ("unknown", "bool"),
    4: ("received", CPU_EVENTS, "repeated"),
}
WELCOME = {
    1: ("version", "uint"), 2: ("capabilities", "string", "repeated"), 3: ("identity", "string"),
    4: ("software", "string"), 5: ("credit", "uint"), 6: ("lease_ms", "uint"), 7: ("watermark_ms", "uint"),
    8: ("resume", RESUME_POINT, "repeated"),
}
GOODBYE_REASONS = [
    "UNSPECIFIED", "SHUTTING_DOWN", "NO_COMMON_VERSION", "PROTOCOL_ERROR", "NOT_ALLOWED", "REPLACED", "OVERLOADED",
    "IN_USE", "CERTIFICATE_ENDED", "OVER_BUDGET",
]
GOODBYE = {1: ("reason", "enum"), 2: ("text", "string"), 3: ("versions", "uint", "repeated")}

EVENT_NAME = {1: ("system", "string"), 2: ("name", "string")}
EVENT_SETTING = {1: ("event", "string"), 2: ("text", "string")}
PREPARE = {
    1: ("events", "string", "repeated"), 2: ("filters", EVENT_SETTING, "repeated"),
    3: ("triggers", EVENT_SETTING, "repeated"), 4: ("buffer_kilobytes", "uint"), 5: ("operator", "string"),
    6: ("excluded_processes", "uint", "repeated"), 21: ("clock_source", "enum"),
}
COMMAND = {
    1: ("request", "uint"), 2: ("session", "fixed64"), 3: ("prepare", PREPARE), 4: ("start", {1: ("at", "sfixed64")}),
    5: ("stop", {1: ("at", "sfixed64")}), 6: ("discard", {}),
    7: ("exclude_processes", {1: ("pids", "uint", "repeated")}), 11: ("asked_by", "string"),
}
COMMAND_ACTIONS = ("prepare", "start", "stop", "discard", "exclude_processes")
REFUSAL_CODES = [
    "UNSPECIFIED", "UNKNOWN_EVENT", "BAD_FILTER", "BAD_TRIGGER", "NO_PERMISSION", "NO_TRACEFS", "UNSUPPORTED",
    "NO_MEMORY", "NO_SUCH_SESSION", "WRONG_STATE", "IO", "CLOCK", "NODE_LOST", "TIMEOUT",
]
REFUSAL = {
    1: ("code", "enum"), 2: ("text", "string"), 3: ("detail", "string"), 4: ("near_matches", "string", "repeated"),
}
PREPARED = {1: ("events", EVENT_NAME, "repeated"), 2: ("cpus", "uint"), 3: ("buffer_kilobytes", "uint")}
STARTED = {1: ("before", "sfixed64"), 2: ("after", "sfixed64"), 3: ("missed", "bool")}
STOPPING = {1: ("before", "sfixed64"), 2: ("after", "sfixed64")}
PROGRESS = {1: ("behind", "uint")}
COMMAND_REPLY = {
    1: ("request", "uint"), 2: ("session", "fixed64"), 3: ("prepared", PREPARED), 4: ("started", STARTED),
    5: ("stopping", STOPPING), 6: ("discarded", {}), 7: ("refusal", REFUSAL), 8: ("noted", {}),
    12: ("progress", PROGRESS),
}

BLOB = {1: ("codec", "uint"), 2: ("raw_length", "uint"), 3: ("data", "bytes")}
NODE_METADATA = {
    1: ("header_page", "string"), 2: ("formats", {1: ("system", "string"), 2: ("text", "string")}, "repeated"),
    3: ("comms", {1: ("pid", "uint"), 2: ("comm", "bytes")}, "repeated"), 4: ("symbols", BLOB),
    5: ("printk_formats", "string"), 6: ("host", HOST_FACTS), 7: ("comms_as_of", "sfixed64"),
    8: ("dynamic_events", "string"), 9: ("type_information", BLOB),
    10: ("clock_check", {1: ("after", "sfixed64"), 2: ("agrees", "bool"), 3: ("reason", "string")}),
    11: ("comms_since", "sfixed64"),
    12: ("clock_readings", {1: ("before", "sfixed64"), 2: ("clock", "sfixed64"), 3: ("after", "sfixed64")}, "repeated"),
}
CPU_TOTALS = {
    1: ("cpu", "uint"), 2: ("recorded", "uint"), 3: ("lost", "uint"), 4: ("sent", "uint"), 5: ("lost_at_agent", "uint"),
}
RECORDING_GAP = {
    1: ("from", "sfixed64"), 2: ("to", "sfixed64"), 3: ("reason", "string"), 4: ("tolerated", "bool"),
    5: ("node", "uint"),
}
PROBE_MISSES = {1: ("event", EVENT_NAME), 2: ("missed", "uint"), 3: ("at_most", "bool"), 4: ("reason", "string")}
FINISH = {
    1: ("cpus", CPU_TOTALS, "repeated"), 2: ("reason", "string"), 3: ("incomplete", "bool"), 5: ("stopped", STOPPING),
    6: ("gaps", RECORDING_GAP, "repeated"), 8: ("missed", PROBE_MISSES, "repeated"),
}

OPEN_SESSION = {
    1: ("selectors", "string", "repeated"), 2: ("events", "string", "repeated"),
    3: ("filters", EVENT_SETTING, "repeated"), 4: ("triggers", EVENT_SETTING, "repeated"),
    5: ("buffer_kilobytes", "uint"), 6: ("partial", "bool"), 7: ("keep", "bool"), 8: ("name", "string"),
    9: ("start_in_ms", "uint"), 10: ("stall_ms", "uint"), 16: ("private", "bool"), 26: ("clock_source", "enum"),
}
SESSION = {1: ("session", "fixed64")}
REQUEST = {
    1: ("request", "uint"), 2: ("list_nodes", {}), 3: ("open_session", OPEN_SESSION), 4: ("stop_session", SESSION),
    5: ("attach_session", SESSION), 6: ("list_sessions", {}),
}
NODE_STATUS = {
    1: ("name", "string"), 2: ("connected", "bool"), 3: ("host", HOST_FACTS), 4: ("labels", LABEL, "repeated"),
    5: ("software", "string"), 6: ("clock_bound_ns", "sint"), 7: ("round_trip_ns", "sint"), 8: ("sessions", "uint"),
    9: ("bytes_received", "uint"), 10: ("events_received", "uint"), 11: ("events_lost", "uint"),
    12: ("connected_since", "sint"), 13: ("last_heard_ms", "sint"), 18: ("clock_drift_ppb", "sint"),
    19: ("clock_probe_age_ms", "sint"), 20: ("twin", "string"), 21: ("address", "string"),
}
NODE_REPLY = {
    1: ("node", "string"), 2: ("prepared", PREPARED), 3: ("refusal", REFUSAL), 4: ("started_at", "sint"),
    5: ("started_bound", "sint"), 6: ("started", "bool"), 7: ("missed_start", "bool"),
}
DESCRIPTION = {
    1: ("session", "fixed64"), 2: ("name", "string"), 3: ("operator", "string"), 4: ("created", "sint"),
    5: ("epoch_offset", "sint"), 6: ("events", "string", "repeated"), 7: ("filters", EVENT_SETTING, "repeated"),
    8: ("nodes", "string", "repeated"), 9: ("controller", "string"), 10: ("state", "string"), 11: ("keep", "bool"),
    13: ("gaps", RECORDING_GAP, "repeated"), 14: ("problem", "string"), 15: ("private", "bool"),
}
SESSION_OPENED = {
    1: ("session", "fixed64"), 2: ("started", "bool"), 3: ("replies", NODE_REPLY, "repeated"),
    4: ("session_description", DESCRIPTION),
}
REPLY = {
    1: ("request", "uint"), 2: ("nodes", {1: ("nodes", NODE_STATUS, "repeated")}), 3: ("opened", SESSION_OPENED),
    4: ("stopped", SESSION), 5: ("attached", DESCRIPTION), 6: ("sessions", {1: ("sessions", DESCRIPTION, "repeated")}),
    7: ("refusal", REFUSAL),
}
STREAM_END = {1: ("session", "fixed64"), 2: ("problem", "string")}
NOTE_KINDS = [
    "UNSPECIFIED", "JOINED", "STARTED", "LOST", "RETURNED", "RESTARTED", "GAVE_UP", "DAMAGED",
    "REFUSED", "LIMITED", "STOPPED", "TAKEN_OVER", "PAUSED", "RESUMED",
]
NODE_NOTE = {1: ("kind", "enum"), 2: ("at", "sfixed64"), 3: ("text", "string"), 4: ("started", STARTED), 5: ("moment", "sfixed64")}

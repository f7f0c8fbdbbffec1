// Icons of the Tabler set that the screens use; build.mjs puts just these into one sprite.
export default [
  "alert-triangle", "arrow-back-up", "arrow-left", "arrow-right", "calendar", "check", "chevron-down", "clock",
  "copy", "dialpad", "download", "eye", "eye-off", "file-text", "filter", "headphones", "history",
  "home", "inbox", "keyboard", "language", "list-details", "lock", "logout", "map-pin", "menu-2",
  "message-2", "microphone", "phone", "phone-call", "phone-incoming", "phone-off", "player-pause",
  "player-play", "player-skip-forward", "player-track-next", "printer", "refresh", "rewind-backward-5",
  "rewind-forward-5", "search", "shield-lock", "user", "user-circle", "users", "volume", "volume-off", "x",
];

"""The trail of every reveal, playback, sign-in and change."""

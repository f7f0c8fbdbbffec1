"""Speech to text: model store, audio preparation, Vosk, workers."""

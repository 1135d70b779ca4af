"""Zero-shot voices: XTTS, its weights, references and consent."""

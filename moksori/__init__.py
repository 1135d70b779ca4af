"""Moksori (목소리, "voice"): Korean voices, trained here and spoken with."""

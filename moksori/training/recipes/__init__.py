"""How each kind of model is trained, and how its training is judged and shown."""

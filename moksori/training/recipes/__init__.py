"""Train each kind of model: its recipe, and how its training is judged and shown."""

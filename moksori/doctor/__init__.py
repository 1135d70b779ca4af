"""What this machine has, what is missing for a training, and how long one would take.

Nothing here raises because a thing is absent: absence is what is looked for.
"""

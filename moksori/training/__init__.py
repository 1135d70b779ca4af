"""Training that can be watched, stopped at any moment and trusted to go on.

`runs` is the folder of a run and `checkpoints` one file in it, `weights` carries a
Keras model in and out of it, `loop` drives the steps, `callbacks` watch them,
`schedules` say how settings move, `figures` and `board` show what happened. Nothing
here knows which model is being trained.
"""

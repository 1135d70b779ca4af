"""Training that can be watched, stopped at any moment and continued to the bit.

`session` runs a training by a `recipe`; `recipes/` hold those of the acoustic model and
the vocoder. `loop` takes the steps, `steps` one of them, `callbacks` watch them,
`schedules` say how settings move. `runs` is the folder of a run and `checkpoints` one
file in it, `weights` carries a Keras model in and out of it. `figures` and `board` show
what happened. Only the recipes know which model is being trained.
"""

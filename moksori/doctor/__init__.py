"""What this machine has, what is missing for a training, and how long one would take.

doctor           every check, in the order in which one explains the next
findings, table  a line of the report; the report as a person reads it
machine          Python, processor, memory, container
packages         installed versions against a lock file
gpus, backends   NVIDIA's driver and cards; TensorFlow and JAX, against them
hosts, folders   other hosts of a training; where it writes
training_inputs  corpora, features, settings, a run
forecast, trial  a whole training, told from a few real steps of it
subprocesses     run a program for a limited time
"""

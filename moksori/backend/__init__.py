"""What Keras has no function for, on TensorFlow and on JAX.

The one room that names `tensorflow` or `jax`; everywhere else a model is written in
`keras.ops`. It knows nothing else of ours.

    compilation   compile a function of a model, or a function of arrays
    gradients     a model's variables, and the arguments of a custom gradient
    loops         scan over time
    products      matrix products with float32 sums
    replicas      sums over the replicas of a training step
    training_step one step of optimisation, compiled
    devices       the devices and hosts that train together
    cluster       which hosts those are, as the environment says
    setup         load the backend, set up the devices
    program_cache compiled programs kept on disk
    hardware      accelerator or CPU, and the type in which products are quickest
    probe         what one backend reports of this machine, as a program
    profiler      kernels of a GPU, from a profiler's trace

Importing it silences TensorFlow's log of processor and drivers, unless the environment
says otherwise: TensorFlow reads that variable when it is loaded.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

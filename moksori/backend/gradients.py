"""Variables of a model, and gradients handed to a custom gradient."""


def distinct(variables) -> list:
    """Return variables without repetition: Keras lists a noise source once for the
    model and once for its layers."""
    return list({id(v): v for v in variables}.values())


def read_variable(variable):
    """Return a variable's value, for a function that brings its own gradient.

    `ops.convert_to_tensor` gives TensorFlow's variable itself outside a compiled
    function, and there a custom gradient refuses it.
    """
    return variable[...]


def upstream_gradients(arguments, keyword) -> tuple:
    """Return the gradients handed to a custom gradient as one flat tuple.

    TensorFlow passes them as separate arguments, JAX one tuple for several outputs,
    others by keyword.
    """
    if keyword is not None:
        arguments = keyword if isinstance(keyword, tuple | list) else (keyword,)
    if len(arguments) == 1 and isinstance(arguments[0], tuple | list):
        (arguments,) = arguments
    return tuple(arguments)

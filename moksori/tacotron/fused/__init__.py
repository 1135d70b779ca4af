"""The fast decoder: the reference's weights and noise, gradients written by hand.

`decoder` takes the place of `tacotron.decoder`, whose results and gradients it gives.
Only what depends on the previous step stays in a loop over time; everything else is
one product over the whole sequence, before the loop or after it.
"""

"""A trained voice, a cloned one and the recordings, side by side.

`materials` gathers what is compared, `performance` lets each system speak in a process
of its own and measures it, `figures` compares what was said; the page is made by
`comparison.page.build`. It stands above the other rooms, and none of them needs it.
"""

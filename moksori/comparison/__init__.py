"""Compare a trained voice, a cloned one and the recordings of a person.

`test_set` selects what is compared, `systems` runs each system in a process of its own,
`clips` measures what it spoke, `table` compares the figures, `page` shows it all.
"""

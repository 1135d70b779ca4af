"""Offer voices to many over HTTP: accounts, jobs, consent, proof, pages.

Postgres is the only part with a state of its own: it holds the rows of `tables` and,
through Procrastinate, the queue. A web process accepts jobs (`jobs.create`), a worker
does them (`tasks`, the only file here that knows voices), files lie in `storage`.
"""

"""
Feeds and servers that mean us harm, or only do it; the whole product is sent to all of them at once.

    corpus.py     tests/data/hostile/manifest.json: what each case is, and what a good aggregator does with it
    server.py     a server on loopback that misbehaves as a case tells it to
    answers.py    how
    replay.py     the product in a child process, visit after visit; what happened
    guard/        watches the child from inside: whom it calls, what it opens, how much memory it takes
    judge.py      what happened, held against what is wanted
"""

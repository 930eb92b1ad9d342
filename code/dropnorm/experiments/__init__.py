"""The experiments of the course in PyTorch.

``trial``       everything that decides a run
``combinations`` which fields make sense together
``model``       the running CNN, an MLP, an autoencoder
``layers``      those that PyTorch does not have
``training``    ``run_trial``: trial → record
``probes``      what is measured besides, on the way and at the end; ``probes_dense`` for dense networks
``replicas``    many seeds of a trial at once, for a GPU
``records``     records on disk, one JSON line each
``plan``        what a study is
``studies``     named lists of trials, each answering one question; ``replications`` are those after papers
``runner``      runs what is missing of a study
``statistics``  paired differences with intervals
``stored``      the stored records as tables
``ledger``      a claim, its effects, and the rule that gives the verdict
``claims``      the nineteen claims
``scorecard``   a published figure, ours, and the rule that gives the score
``published``   the rows of the scorecard; ``replicated`` and ``identities`` compute our side of them
``after``       what to do with a trained network
``sync``        batch statistics across processes
"""

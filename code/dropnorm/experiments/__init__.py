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
``studies``     named lists of trials, each answering one question
``runner``      runs what is missing of a study
``statistics``  paired differences with intervals
``after``       what to do with a trained network
``sync``        batch statistics across processes
"""

"""The experiments of the course in PyTorch.

What decides a run, and what comes out of it:

``trial``           everything that decides a run, and which fields make sense together
``records``         what came out of it, as an object and as a line of JSON
``storage``         records on disk, one JSON line each

From the one to the other:

``model``           the running CNN, an MLP, an autoencoder; ``residual`` networks
``layers``          those that PyTorch does not have
``inputs``          images, targets, the order of the batches; ``augmentation`` of them
``optimisation``    optimiser and learning rate
``training``        the loop, and ``run_trial``: trial → record
``evaluation``      scores, losses, accuracy
``probes``          what is measured besides, on the way and at the end
``parallel_seeds``  many seeds of a trial at once, ``side_by_side`` in one network, for a GPU

Studies, and their figures:

``study``           a question and the trials that answer it; ``studies`` are the course's
``runner``          runs what is missing of a study
``reproduction``    is a record the same when its trial is run again?
``results``         the stored results of studies as tables
``statistics``      paired differences with intervals

What to do with a trained network:

``uncertainty``     how sure it is: votes of thinned networks, calibration
``finetuning``      new running statistics, frozen parts
``sync_batch_norm`` batch statistics across processes
"""

"""Every check: its cure in one line, and the page of the course that explains it."""

STATISTICS = "let the layer's running statistics be buffers that only training moves"
CHECKS = {
    "dropout-in-eval": (
        "nn.Dropout made in __init__, or F.dropout(x, p, training=self.training)",
        "zoo 9",
    ),
    "dropout-drops-all": ("p is the probability of dropping, not of keeping", "zoo 1"),
    "dropout-p-high": (
        "p is the probability of dropping: was the probability of keeping meant?",
        "zoo 1",
    ),
    "dropout-drops-examples": (
        "nn.Dropout: here Dropout1d and 3d take the batch axis for channels",
        "zoo 2",
    ),
    "dropout-nd-on-flat": ("nn.Dropout on flat input; Dropout2d stands before Flatten", "zoo 2"),
    "dropout-on-output": ("move the dropout in front of the last layer", "chapter 09"),
    "dropout-inplace": ("inplace=False, the default", "zoo 7"),
    "dropout-before-norm": (
        "dropout behind the last norm, or recalibrate after training",
        "zoo 16",
    ),
    "result-unused": ("use what the layer returns: x = self.layer(x)", "chapter 09"),
    "norm-batch-in-eval": (STATISTICS + ", and eval() reach it", "zoo 22"),
    "norm-no-statistics": (
        "track_running_stats=True, or a norm without a batch (group, layer)",
        "zoo 22",
    ),
    "norm-not-registered": (
        "nn.ModuleList instead of a list; layers are made in __init__",
        "zoo 17",
    ),
    "norm-one-value": ("keep two values per channel in each batch, or use another norm", "zoo 18"),
    "norm-shared": ("a norm of its own for each place and each kind of input", "chapter 13"),
    "norm-checkpointed": ("keep batch norm out of the checkpointed part", "chapter 13"),
    "layer-unused": ("call it in forward, or delete it", "chapter 13"),
    "frozen-norm-moves": ("eval() for the frozen part after every model.train()", "zoo 12"),
    "norm-per-device": ("nn.SyncBatchNorm.convert_sync_batchnorm(model)", "zoo 20"),
    "momentum-zero": ("momentum=0.1: it weighs the new batch", "zoo 13"),
    "momentum-reversed": ("momentum weighs the new batch: 0.99 of Keras is 0.01 here", "zoo 13"),
    "eps-large": ("eps=1e-5: was the second argument meant to be something else?", "zoo 13"),
    "bias-before-norm": ("bias=False in front of a batch norm", "zoo 8"),
    "decay-on-norm": ("a parameter group without weight decay for vectors", "zoo 21"),
    "mode-mixed": ("model.train() or model.eval() for all of it, if this is not meant", "zoo 10"),
    "eval-random": ("noise only if self.training", "zoo 9"),
    "eval-depends-on-grad": (
        "take the mode from self.training, not from is_grad_enabled()",
        "zoo 11",
    ),
    "eval-depends-on-batch": (STATISTICS, "zoo 22"),
    "eval-changes-state": (STATISTICS, "zoo 23"),
    "stats-not-registered": ("self.register_buffer, and change it in place", "zoo 17"),
    "stats-not-finite": (
        "load a sound checkpoint, or recalibrate; find the batch that did it",
        "zoo 3",
    ),
    "stats-negative-variance": ("subtract the mean before squaring", "zoo 3"),
    "stats-half": ("keep batch norm in float32: norm.float(), or autocast", "zoo 3"),
    "stats-initial": ("load the buffers too (strict=True), or recalibrate", "zoo 17"),
    "stats-cold": ("more batches, or recalibrate", "zoo 17"),
    "stats-constant": (
        "look at what comes before: these channels always had the same value",
        "zoo 3",
    ),
    "stats-never-updated": ("update the buffers in place, in training mode", "zoo 17"),
    "stats-stale": ("recalibrate on images as they will come", "zoo 24"),
    "last-batch-one": ("DataLoader(..., drop_last=True)", "zoo 18"),
    "learned-in-eval": ("model.train() after every validation", "zoo 10"),
    "moved-by-validation": ("model.eval() before validation", "zoo 22"),
    "moved-by-attack": ("model.eval() while the gradient of the images is asked for", "zoo 23"),
    "batch-counted-twice": ("keep batch norm out of the checkpointed part", "chapter 13"),
    "gradients-accumulated": (
        "larger batches, or a norm that does not look at the batch",
        "zoo 19",
    ),
    "moved-by-skipped-step": (
        "a smaller loss scale at the start; look at the statistics afterwards",
        "zoo 23",
    ),
    "twins-differ": (
        "make the copy in evaluation mode, with the statistics of the original",
        "zoo 17",
    ),
}

"""Priority and article suggestions: TF-IDF evidence, pooled, calibrated, explained, silent when unsure.

Serving (``model``) needs numpy and scipy; only training (``train``) imports scikit-learn. Nothing
is imported here, so that a command that suggests nothing pays for nothing.

A model is plain arrays and JSON (see ``files``): nothing in it is ever unpickled or executed.
"""

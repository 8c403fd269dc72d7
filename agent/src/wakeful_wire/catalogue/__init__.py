"""The catalogue of metrics, one module a family of subjects; `names` is how it is asked."""

"""Charts of nodes and guests: what each poll measured becomes samples, and the cluster is asked for what was before."""

"""How good the description of a dataset is: rules it breaks, points of MQA, what to do next."""

"""How good the description of a dataset is: what rules it breaks, how many points of MQA it has, what to do next."""

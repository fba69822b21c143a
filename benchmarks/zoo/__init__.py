"""The zoo: training runs with one planted fault each, and healthy ones, on which the doctor is calibrated."""

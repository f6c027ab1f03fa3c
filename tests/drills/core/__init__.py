"""The model drill: histories of random steps, each predicted by a model of the money core."""

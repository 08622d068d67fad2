"""The soup itself: weights from inner products of gradients. Pure functions on K-vectors and K x K matrices."""

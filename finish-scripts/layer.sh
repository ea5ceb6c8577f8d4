# A layer makes the tree of a version from that of its origin. Not yet taken: the full form is.

layer_is_possible() {
  return 1
}

take_layer() {
  return 1
}

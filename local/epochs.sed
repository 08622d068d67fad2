# Of ESPnet's report of an epoch the two losses: "epoch 3: loss 1.234 in training, 2.345 in validation".
s/^.*INFO: ([0-9]+)epoch results: \[train\] .*, loss=([^,]+), .*\[valid\] (.*, )?loss=([^,]+), .*$/epoch \1: loss \2 in training, \4 in validation/p

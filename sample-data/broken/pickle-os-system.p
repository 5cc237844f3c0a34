€cos
system
Œecho refused…R.
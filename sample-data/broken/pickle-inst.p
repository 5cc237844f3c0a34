€(Œecho refusedios
system
.
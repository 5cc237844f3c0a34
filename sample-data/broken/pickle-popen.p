€Œ
subprocessŒPopen“Œtrue…R.
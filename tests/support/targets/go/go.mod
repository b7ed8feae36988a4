module scopetrace.test/go

go 1.19

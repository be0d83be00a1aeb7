module metrion.example/go

go 1.19

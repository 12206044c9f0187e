// Pins Flux's command line, which is built in a copy of its own module with that one's go.sum.
module flyball.dev/e2e/peers/flux

go 1.26.0

require github.com/fluxcd/flux2/v2 v2.9.5

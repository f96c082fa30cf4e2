//! Empty: this package only locks where the C sources come from.

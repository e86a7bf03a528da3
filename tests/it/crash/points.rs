//! SIGKILL at named writes.

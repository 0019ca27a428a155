//! The real proxy binary in front of real MySQL servers: clients, logins, the protocol, sessions, faults, operation.
//! One program, so that its tests share servers and the proxy.

mod clients;
mod ddl;
mod etcd;
mod faults;
mod fixture;
mod load_data;
mod login;
mod operation;
mod protocol;
mod raw;
mod reload;
mod rights;
mod session;
mod stores;
mod sysbench;
mod temporary;

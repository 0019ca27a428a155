//! A connected socket: TCP or Unix, plain or TLS, client's or shard's.

use super::Buffer;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// A socket without TLS.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Stream {
    /// No TLS.
    Plain(Socket),
    /// TLS, the proxy is the server.
    Server(Box<server::TlsStream<Socket>>),
    /// TLS, the proxy is the client.
    Client(Box<client::TlsStream<Socket>>),
    /// What is written to it is thrown away for a time.
    Muted(Box<Stream>),
    /// The socket was lost while it was being upgraded to TLS.
    Closed,
}

impl From<TcpStream> for Stream {
    fn from(socket: TcpStream) -> Self {
        Stream::Plain(Socket::Tcp(socket))
    }
}

impl From<UnixStream> for Stream {
    fn from(socket: UnixStream) -> Self {
        Stream::Plain(Socket::Unix(socket))
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection is closed")
}

impl Stream {
    /// Read what is there, at least one byte; 0 is the end of the stream.
    #[inline]
    pub(crate) async fn read(&mut self, buffer: &mut Buffer) -> io::Result<usize> {
        let room = buffer.room();
        let count = match self {
            Stream::Plain(Socket::Tcp(stream)) => stream.read(room).await?,
            Stream::Plain(Socket::Unix(stream)) => stream.read(room).await?,
            Stream::Server(stream) => stream.read(room).await?,
            Stream::Client(stream) => stream.read(room).await?,
            Stream::Muted(_) | Stream::Closed => return Err(closed()),
        };
        buffer.filled(count);
        Ok(count)
    }

    /// Write all bytes.
    #[inline]
    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Plain(Socket::Tcp(stream)) => stream.write_all(bytes).await,
            Stream::Plain(Socket::Unix(stream)) => stream.write_all(bytes).await,
            Stream::Server(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Stream::Client(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Stream::Muted(_) => Ok(()),
            Stream::Closed => Err(closed()),
        }
    }

    /// Throw away what is written from now on.
    pub(crate) fn mute(&mut self) {
        let stream = std::mem::replace(self, Stream::Closed);
        *self = Stream::Muted(Box::new(stream));
    }

    /// The end of [`Stream::mute`].
    pub(crate) fn unmute(&mut self) {
        match std::mem::replace(self, Stream::Closed) {
            Stream::Muted(stream) => *self = *stream,
            stream => *self = stream,
        }
    }

    /// The socket, without TLS.
    fn socket(&mut self) -> Option<&mut Socket> {
        match self {
            Stream::Plain(socket) => Some(socket),
            Stream::Server(stream) => Some(stream.get_mut().0),
            Stream::Client(stream) => Some(stream.get_mut().0),
            Stream::Muted(stream) => stream.socket(),
            Stream::Closed => None,
        }
    }

    /// Whether the peer has closed the connection or sent something unasked, found without waiting. A stream with TLS
    /// counts unread records (a session ticket, say) as nothing.
    pub(crate) async fn is_stale(&mut self) -> bool {
        let socket = match self {
            Stream::Plain(socket) => socket,
            Stream::Server(stream) => stream.get_mut().0,
            Stream::Client(stream) => {
                let (socket, _) = stream.get_mut();
                return matches!(socket.peek_now().await, Peek::Closed);
            }
            Stream::Muted(_) => return false,
            Stream::Closed => return true,
        };
        !matches!(socket.peek_now().await, Peek::Nothing)
    }

    /// Whether the peer has closed its side, found without waiting and without taking bytes.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let Some(socket) = self.socket() else { return true };
        matches!(socket.peek_now().await, Peek::Closed)
    }

    /// Whether bytes on this stream can't be read by others: TLS, or a socket of this machine's file system.
    pub(crate) fn is_secure(&self) -> bool {
        match self {
            Stream::Muted(stream) => stream.is_secure(),
            Stream::Plain(Socket::Tcp(_)) | Stream::Closed => false,
            Stream::Plain(Socket::Unix(_)) | Stream::Server(_) | Stream::Client(_) => true,
        }
    }

    /// Turn a plain stream into TLS, as the server. `begin` is what was read already of the client's TLS records: it
    /// doesn't wait for an answer to its request for TLS.
    pub(crate) async fn accept_tls(&mut self, config: Arc<ServerConfig>, mut begin: &[u8]) -> io::Result<()> {
        let Stream::Plain(socket) = std::mem::replace(self, Stream::Closed) else { return Err(closed()) };
        let mut fed = Ok(());
        let accept = TlsAcceptor::from(config).accept_with(socket, |connection| {
            while !begin.is_empty() && fed.is_ok() {
                fed = connection.read_tls(&mut begin).and_then(|_| {
                    connection
                        .process_new_packets()
                        .map(drop)
                        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
                });
            }
        });
        // The records that were fed are rejected without waiting for more of them, which may never come.
        fed?;
        *self = Stream::Server(Box::new(accept.await?));
        Ok(())
    }

    /// Turn a plain stream into TLS, as the client.
    pub(crate) async fn connect_tls(&mut self, config: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<()> {
        let Stream::Plain(socket) = std::mem::replace(self, Stream::Closed) else { return Err(closed()) };
        *self = Stream::Client(Box::new(TlsConnector::from(config).connect(name, socket).await?));
        Ok(())
    }

    /// Say good-bye as the protocol wants it, without waiting for an answer.
    pub(crate) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.shutdown().await,
            Stream::Server(stream) => stream.shutdown().await,
            Stream::Client(stream) => stream.shutdown().await,
            Stream::Muted(_) | Stream::Closed => Ok(()),
        }
    }
}

/// What a socket holds right now.
enum Peek {
    /// Nothing to read.
    Nothing,
    /// Bytes.
    Bytes,
    /// The peer's end of the stream, or an error.
    Closed,
}

impl Socket {
    async fn peek_now(&mut self) -> Peek {
        let mut byte = [0u8; 1];
        match self {
            Socket::Tcp(stream) => {
                poll_fn(|cx| {
                    let mut buf = ReadBuf::new(&mut byte);
                    Poll::Ready(match stream.poll_peek(cx, &mut buf) {
                        Poll::Pending => Peek::Nothing,
                        Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => Peek::Closed,
                        Poll::Ready(Ok(_)) => Peek::Bytes,
                    })
                })
                .await
            }
            // A Unix socket has no poll_peek; its readiness says enough: an idle peer that is readable is closing.
            Socket::Unix(stream) => {
                poll_fn(|cx| {
                    Poll::Ready(match stream.poll_read_ready(cx) {
                        Poll::Pending => Peek::Nothing,
                        Poll::Ready(_) => peek_unix(stream),
                    })
                })
                .await
            }
        }
    }
}

/// Look at the first byte without taking it.
fn peek_unix(stream: &UnixStream) -> Peek {
    let peek = stream.try_io(tokio::io::Interest::READABLE, || {
        let socket = socket2::SockRef::from(stream);
        let mut room = [std::mem::MaybeUninit::<u8>::uninit(); 1];
        socket.peek(&mut room)
    });
    match peek {
        Ok(0) => Peek::Closed,
        Ok(_) => Peek::Bytes,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Peek::Nothing,
        Err(_) => Peek::Closed,
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Socket::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Socket::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

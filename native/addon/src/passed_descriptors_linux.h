// Keeps a peer from passing file descriptors to this process (SCM_RIGHTS, unix(7)). The kernel closes those that the
// receiver does not take, in the receiver's thread, and a close can take as long as the sender likes: that of a TCP
// socket with SO_LINGER waits for its peer.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace tpmtbs {

// Tells the kernel to fail whatever would pass descriptors to this socket or, if it listens, to its connections
// (SO_PASSRIGHTS, Linux 6.16). Returns whether none can be on its way: false on older kernels, and for a connection that
// was made before its listening socket had the option.
bool RefusePassedDescriptors(int fd);

// recv(2) with MSG_DONTWAIT. Returns the number of bytes, or a negative errno: -EPROTO when descriptors came with them,
// which another thread then closes.
ssize_t ReceiveWithoutDescriptors(int fd, void* bytes, size_t capacity);

// Closes a connection that may hold unread descriptors; in another thread if it holds anything unread.
void CloseWithUnreadDescriptors(int fd);

}  // namespace tpmtbs

#include "passed_descriptors_linux.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

namespace tpmtbs {

namespace {

// asm-generic/socket.h of Linux 6.16; older headers do not have it.
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

// SCM_MAX_FD of the kernel: with less room it would close the rest here.
constexpr size_t kMaxPassedInMessage = 253;

// Closes descriptors one after the other in a thread of its own, which may have to wait for each. The thread is never
// joined: the kernel ends it with the process.
class ClosingThread {
 public:
  static ClosingThread& Instance() {
    static auto* instance = new ClosingThread;
    return *instance;
  }

  void Close(int fd) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      waiting_.push_back(fd);
    }
    arrived_.notify_one();
  }

 private:
  ClosingThread() { std::thread([this] { Run(); }).detach(); }

  void Run() {
    for (;;) {
      int fd;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        arrived_.wait(lock, [this] { return !waiting_.empty(); });
        fd = waiting_.front();
        waiting_.pop_front();
      }
      close(fd);
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<int> waiting_;
};

// Without the linger time even the closing thread need not wait for the peer of a TCP socket, and keeps up.
void CloseForeign(int fd) {
  linger none{0, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  ClosingThread::Instance().Close(fd);
}

bool ClosePassed(msghdr* message) {
  bool any = (message->msg_flags & MSG_CTRUNC) != 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    any = true;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int passed;
      std::memcpy(&passed, CMSG_DATA(part) + i * sizeof(int), sizeof(passed));
      CloseForeign(passed);
    }
  }
  return any;
}

}  // namespace

bool RefusePassedDescriptors(int fd) {
  int allowed = 1;
  socklen_t length = sizeof(allowed);
  if (getsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &allowed, &length) != 0) return false;
  if (allowed == 0) return true;
  int refused = 0;
  setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &refused, sizeof(refused));
  return false;
}

ssize_t ReceiveWithoutDescriptors(int fd, void* bytes, size_t capacity) {
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxPassedInMessage * sizeof(int))];
  iovec target{bytes, capacity};
  msghdr message{};
  message.msg_iov = &target;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t received = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received < 0) return -errno;
  return ClosePassed(&message) ? -EPROTO : received;
}

void CloseWithUnreadDescriptors(int fd) {
  // From here on nothing arrives, so that what is unread now is all.
  shutdown(fd, SHUT_RD);
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) == 0 && unread == 0) close(fd);
  else ClosingThread::Instance().Close(fd);
}

}  // namespace tpmtbs

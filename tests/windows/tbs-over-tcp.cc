// A tbs.dll for testing the transport over Windows' TBS without Windows. It has the functions that the addon uses, and its TPM
// is the swtpm at 127.0.0.1:TPMTBS_TEST_SWTPM_PORT. It checks locality and priority but does not use them.
#include <winsock2.h>
#include <windows.h>

#include <cstdlib>

namespace {

constexpr UINT32 kInternalError = 0x80284001;
constexpr UINT32 kBadParameter = 0x80284002;
constexpr UINT32 kInvalidContext = 0x80284004;
constexpr UINT32 kInsufficientBuffer = 0x80284005;
constexpr UINT32 kIoError = 0x80284006;
constexpr UINT32 kInvalidContextParam = 0x80284007;
constexpr UINT32 kTpmNotFound = 0x8028400F;
constexpr UINT32 kCommandBlocked = 0x80280400;
constexpr UINT32 kVersion2 = 2;
constexpr UINT32 kBothTpms = 6;
constexpr UINT32 kBlockedByThisTbs = 0x20000001;  // a vendor's command

struct Params {
  UINT32 version;
  UINT32 flags;
};

bool Transfer(SOCKET socket, BYTE* bytes, int length, bool sending) {
  for (int done = 0; done < length;) {
    int count = sending ? send(socket, reinterpret_cast<char*>(bytes) + done, length - done, 0)
                        : recv(socket, reinterpret_cast<char*>(bytes) + done, length - done, 0);
    if (count <= 0) return false;
    done += count;
  }
  return true;
}

UINT32 BigEndian(const BYTE* bytes) {
  return static_cast<UINT32>(bytes[0]) << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

}  // namespace

extern "C" {

__declspec(dllexport) UINT32 WINAPI Tbsi_Context_Create(const Params* params, void** context) {
  if (params == nullptr || params->version != kVersion2 || params->flags != kBothTpms) return kInvalidContextParam;
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return kInternalError;
  const char* port = getenv("TPMTBS_TEST_SWTPM_PORT");
  if (port == nullptr) return kTpmNotFound;
  SOCKET connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<u_short>(atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return kTpmNotFound;
  *context = reinterpret_cast<void*>(connection);
  return 0;
}

__declspec(dllexport) UINT32 WINAPI Tbsip_Context_Close(void* context) {
  return closesocket(reinterpret_cast<SOCKET>(context)) == 0 ? 0 : kInvalidContext;
}

__declspec(dllexport) UINT32 WINAPI Tbsip_Submit_Command(void* context, UINT32 locality, UINT32 priority,
                                                         const BYTE* command, UINT32 command_length, BYTE* response,
                                                         UINT32* response_length) {
  if (locality != 0 || priority == 0 || command_length < 10) return kBadParameter;
  if (BigEndian(command + 6) == kBlockedByThisTbs) return kCommandBlocked;
  auto connection = reinterpret_cast<SOCKET>(context);
  BYTE header[10];
  if (!Transfer(connection, const_cast<BYTE*>(command), static_cast<int>(command_length), true)) return kIoError;
  if (!Transfer(connection, header, sizeof(header), false)) return kIoError;
  UINT32 length = BigEndian(header + 2);
  if (length < sizeof(header)) return kIoError;
  if (length > *response_length) {
    *response_length = length;
    return kInsufficientBuffer;
  }
  CopyMemory(response, header, sizeof(header));
  if (!Transfer(connection, response + sizeof(header), static_cast<int>(length - sizeof(header)), false)) return kIoError;
  *response_length = length;
  return 0;
}

__declspec(dllexport) UINT32 WINAPI Tbsip_Cancel_Commands(void* context) {
  return context == nullptr ? kInvalidContext : 0;
}

}

// One function for each source file, which adds that file's exports to the addon.
#pragma once

#include <napi.h>

namespace tpmtbs {

void ExportAccounts(Napi::Env env, Napi::Object exports);
void ExportBootClock(Napi::Env env, Napi::Object exports);
void ExportByteStream(Napi::Env env, Napi::Object exports);
void ExportConnectionAcceptor(Napi::Env env, Napi::Object exports);
void ExportDatagram(Napi::Env env, Napi::Object exports);
void ExportFileLock(Napi::Env env, Napi::Object exports);
void ExportKerberosClient(Napi::Env env, Napi::Object exports);
void ExportPeerCredentials(Napi::Env env, Napi::Object exports);
void ExportPipeListener(Napi::Env env, Napi::Object exports);
void ExportPipePeer(Napi::Env env, Napi::Object exports);
void ExportRegistry(Napi::Env env, Napi::Object exports);
void ExportStreamPoller(Napi::Env env, Napi::Object exports);
void ExportTbs(Napi::Env env, Napi::Object exports);

}  // namespace tpmtbs

// Registry values in the 64-bit view. Keys are relative to HKEY_LOCAL_MACHINE unless they begin with HKEY_CURRENT_USER.
#include <windows.h>

#include <vector>

#include "addon.h"
#include "security_descriptor.h"
#include "win32_error.h"

namespace tpmtbs {

namespace {

// The longest name of a value in UTF-16 units, without the terminating zero.
constexpr DWORD kMaxValueName = 16383;

class OpenKey {
 public:
  OpenKey() = default;
  OpenKey(const OpenKey&) = delete;
  ~OpenKey() {
    if (key_ != nullptr) RegCloseKey(key_);
  }
  HKEY get() const { return key_; }
  HKEY* put() { return &key_; }

 private:
  HKEY key_ = nullptr;
};

struct Place {
  HKEY root;
  std::wstring path;
};

Place PlaceOf(const std::wstring& key) {
  static const std::wstring current_user = L"HKEY_CURRENT_USER\\";
  if (key.compare(0, current_user.size(), current_user) != 0) return {HKEY_LOCAL_MACHINE, key};
  return {HKEY_CURRENT_USER, key.substr(current_user.size())};
}

LSTATUS Open(const std::wstring& name, REGSAM rights, OpenKey* key) {
  Place place = PlaceOf(name);
  return RegOpenKeyExW(place.root, place.path.c_str(), 0, rights | KEY_WOW64_64KEY, key->put());
}

Napi::Uint8Array Bytes(Napi::Env env, const BYTE* data, size_t length) {
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, length);
  if (length > 0) memcpy(bytes.Data(), data, length);
  return bytes;
}

bool AreStrings(const Napi::CallbackInfo& info, size_t count, const char* usage) {
  bool fits = info.Length() >= count;
  for (size_t i = 0; fits && i < count; i++) fits = info[i].IsString();
  if (!fits) Napi::TypeError::New(info.Env(), usage).ThrowAsJavaScriptException();
  return fits;
}

}  // namespace

// registryValues(key): returns [{name, type, data}], or undefined if there is no such key.
static Napi::Value RegistryValues(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!AreStrings(info, 1, "registryValues(key)")) return env.Undefined();
  OpenKey key;
  LSTATUS status = Open(WideText(info[0]), KEY_QUERY_VALUE, &key);
  if (status == ERROR_FILE_NOT_FOUND) return env.Undefined();
  if (status != ERROR_SUCCESS) {
    ThrowWin32(env, status, "RegOpenKeyExW");
    return env.Undefined();
  }
  Napi::Array values = Napi::Array::New(env);
  std::vector<wchar_t> name(kMaxValueName + 1);
  std::vector<BYTE> data(1024);
  for (DWORD index = 0;;) {
    DWORD name_length = kMaxValueName + 1;
    DWORD data_length = static_cast<DWORD>(data.size());
    DWORD type = REG_NONE;
    status = RegEnumValueW(key.get(), index, name.data(), &name_length, nullptr, &type, data.data(), &data_length);
    if (status == ERROR_NO_MORE_ITEMS) return values;
    if (status == ERROR_MORE_DATA) {
      data.resize(data_length > data.size() ? data_length : data.size() * 2);
      continue;
    }
    if (status != ERROR_SUCCESS) {
      ThrowWin32(env, status, "RegEnumValueW");
      return env.Undefined();
    }
    Napi::Object value = Napi::Object::New(env);
    value.Set("name", TextOf(env, name.data(), name_length));
    value.Set("type", Napi::Number::New(env, type));
    value.Set("data", Bytes(env, data.data(), data_length));
    values.Set(index++, value);
  }
}

// registrySubkeys(key): returns the names of the direct subkeys, or undefined if there is no such key.
static Napi::Value RegistrySubkeys(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!AreStrings(info, 1, "registrySubkeys(key)")) return env.Undefined();
  OpenKey key;
  LSTATUS status = Open(WideText(info[0]), KEY_ENUMERATE_SUB_KEYS, &key);
  if (status == ERROR_FILE_NOT_FOUND) return env.Undefined();
  if (status != ERROR_SUCCESS) {
    ThrowWin32(env, status, "RegOpenKeyExW");
    return env.Undefined();
  }
  Napi::Array names = Napi::Array::New(env);
  wchar_t name[256];
  for (DWORD index = 0;; index++) {
    DWORD length = 256;
    status = RegEnumKeyExW(key.get(), index, name, &length, nullptr, nullptr, nullptr, nullptr);
    if (status == ERROR_NO_MORE_ITEMS) return names;
    if (status != ERROR_SUCCESS) {
      ThrowWin32(env, status, "RegEnumKeyExW");
      return env.Undefined();
    }
    names.Set(index, TextOf(env, name, length));
  }
}

// makeRegistryKey(key, sddl): creates the key if it is missing, and sets its security descriptor in any case.
static Napi::Value MakeRegistryKey(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!AreStrings(info, 2, "makeRegistryKey(key, sddl)")) return env.Undefined();
  SecurityDescriptor descriptor(WideText(info[1]));
  if (descriptor.error() != 0) {
    ThrowWin32(env, descriptor.error(), "ConvertStringSecurityDescriptorToSecurityDescriptorW");
    return env.Undefined();
  }
  SECURITY_ATTRIBUTES attributes = descriptor.attributes();
  OpenKey key;
  Place place = PlaceOf(WideText(info[0]));
  LSTATUS status = RegCreateKeyExW(place.root, place.path.c_str(), 0, nullptr, 0,
                                   KEY_SET_VALUE | WRITE_DAC | KEY_WOW64_64KEY, &attributes, key.put(), nullptr);
  if (status != ERROR_SUCCESS) {
    ThrowWin32(env, status, "RegCreateKeyExW");
    return env.Undefined();
  }
  status = RegSetKeySecurity(key.get(), DACL_SECURITY_INFORMATION, descriptor.get());
  if (status != ERROR_SUCCESS) ThrowWin32(env, status, "RegSetKeySecurity");
  return env.Undefined();
}

// setRegistryValue(key, name, type, data): the value is on disk when the call returns. The key must exist.
static Napi::Value SetRegistryValue(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!AreStrings(info, 2, "setRegistryValue(key, name, type, data)")) return env.Undefined();
  if (info.Length() < 4 || !info[2].IsNumber() || !info[3].IsTypedArray()) {
    Napi::TypeError::New(env, "setRegistryValue(key, name, type, data)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  OpenKey key;
  LSTATUS status = Open(WideText(info[0]), KEY_SET_VALUE, &key);
  if (status != ERROR_SUCCESS) {
    ThrowWin32(env, status, "RegOpenKeyExW");
    return env.Undefined();
  }
  auto data = info[3].As<Napi::Uint8Array>();
  status = RegSetValueExW(key.get(), WideText(info[1]).c_str(), 0, info[2].As<Napi::Number>().Uint32Value(),
                          data.Data(), static_cast<DWORD>(data.ByteLength()));
  if (status != ERROR_SUCCESS) {
    ThrowWin32(env, status, "RegSetValueExW");
    return env.Undefined();
  }
  status = RegFlushKey(key.get());
  if (status != ERROR_SUCCESS) ThrowWin32(env, status, "RegFlushKey");
  return env.Undefined();
}

// deleteRegistryValue(key, name): the deletion is on disk when the call returns. A missing value is not an error.
static Napi::Value DeleteRegistryValue(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!AreStrings(info, 2, "deleteRegistryValue(key, name)")) return env.Undefined();
  OpenKey key;
  LSTATUS status = Open(WideText(info[0]), KEY_SET_VALUE, &key);
  if (status == ERROR_FILE_NOT_FOUND) return env.Undefined();
  if (status == ERROR_SUCCESS) status = RegDeleteValueW(key.get(), WideText(info[1]).c_str());
  if (status == ERROR_FILE_NOT_FOUND) return env.Undefined();
  if (status == ERROR_SUCCESS) status = RegFlushKey(key.get());
  if (status != ERROR_SUCCESS) ThrowWin32(env, status, "RegDeleteValueW");
  return env.Undefined();
}

void ExportRegistry(Napi::Env env, Napi::Object exports) {
  exports.Set("registryValues", Napi::Function::New(env, RegistryValues, "registryValues"));
  exports.Set("registrySubkeys", Napi::Function::New(env, RegistrySubkeys, "registrySubkeys"));
  exports.Set("makeRegistryKey", Napi::Function::New(env, MakeRegistryKey, "makeRegistryKey"));
  exports.Set("setRegistryValue", Napi::Function::New(env, SetRegistryValue, "setRegistryValue"));
  exports.Set("deleteRegistryValue", Napi::Function::New(env, DeleteRegistryValue, "deleteRegistryValue"));
}

}  // namespace tpmtbs

// KerberosClient: one authentication of this machine to one service, with a key from a keytab.
//
// The ticket cache is in memory and belongs to this object alone; it is destroyed and its keys are wiped with the
// object or by close(). A step that may contact a KDC runs on its own thread, one step at a time: on a pool thread, a
// KDC that does not answer would keep the process from exiting and the pool from other work.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "addon.h"
#include "gssapi_linux.h"

namespace tpmtbs {

namespace {

struct Failure {
  // The major status of the GSS-API, and the minor status of the mechanism, its own (signed) error code.
  uint32_t major;
  uint32_t minor;
  std::string message;
};

// The state of one authentication, shared with the thread that runs a step.
class Session {
 public:
  Session(const gss::Library& library, std::string principal, std::string keytab, std::string target,
          std::string channel_bindings)
      : library_(library),
        principal_(std::move(principal)),
        keytab_("FILE:" + keytab),
        target_(std::move(target)),
        bindings_data_(std::move(channel_bindings)) {
    static std::atomic<uint64_t> counter{0};
    cache_ = "MEMORY:tpmtbs-" + std::to_string(counter++);
  }

  ~Session() {
    uint32_t minor;
    if (context_ != nullptr) library_.delete_sec_context(&minor, &context_, nullptr);
    if (target_name_ != nullptr) library_.release_name(&minor, &target_name_);
    if (credential_ != nullptr) library_.release_cred(&minor, &credential_);
    DestroyCache();
  }

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::optional<Failure> Step(const std::vector<uint8_t>& input, std::vector<uint8_t>* output, bool* done) {
    if (credential_ == nullptr) {
      if (auto failure = Begin()) return failure;
    }
    gss::ChannelBindings bindings;
    bindings.application_data = {bindings_data_.size(), bindings_data_.data()};
    gss::Buffer in{input.size(), const_cast<uint8_t*>(input.data())};
    gss::Buffer out;
    uint32_t minor = 0;
    const uint32_t flags = gss::kMutual | gss::kReplay | gss::kSequence | gss::kIntegrity;
    const uint32_t major =
        library_.init_sec_context(&minor, credential_, &context_, target_name_, &gss::kKerberos, flags, 0,
                                  bindings_data_.empty() ? nullptr : &bindings, input.empty() ? nullptr : &in, nullptr,
                                  &out, nullptr, nullptr);
    Take(&out, output);
    if ((major & gss::kErrorMask) != 0) return FailureOf(major, minor);
    *done = (major & gss::kContinueNeeded) == 0;
    established_ = *done;
    return std::nullopt;
  }

  std::optional<Failure> Wrap(const std::vector<uint8_t>& input, std::vector<uint8_t>* output) {
    gss::Buffer in{input.size(), const_cast<uint8_t*>(input.data())};
    gss::Buffer out;
    uint32_t minor = 0;
    const uint32_t major = library_.wrap(&minor, context_, 0, 0, &in, nullptr, &out);
    Take(&out, output);
    if ((major & gss::kErrorMask) != 0) return FailureOf(major, minor);
    return std::nullopt;
  }

  std::optional<Failure> Unwrap(const std::vector<uint8_t>& input, std::vector<uint8_t>* output) {
    gss::Buffer in{input.size(), const_cast<uint8_t*>(input.data())};
    gss::Buffer out;
    uint32_t minor = 0;
    const uint32_t major = library_.unwrap(&minor, context_, &in, &out, nullptr, nullptr);
    Take(&out, output);
    if ((major & gss::kErrorMask) != 0) return FailureOf(major, minor);
    return std::nullopt;
  }

  bool established() const { return established_; }

 private:
  std::optional<Failure> Begin() {
    uint32_t minor = 0;
    void* principal_name = nullptr;
    if (auto failure = Import(principal_, &principal_name)) return failure;
    const gss::KeyValue elements[] = {{"client_keytab", keytab_.c_str()}, {"ccache", cache_.c_str()}};
    const gss::KeyValueSet store{2, elements};
    gss::Oid mechanism = gss::kKerberos;
    const gss::OidSet mechanisms{1, &mechanism};
    const uint32_t major = library_.acquire_cred_from(&minor, principal_name, 0, &mechanisms, gss::kInitiate, &store,
                                                      &credential_, nullptr, nullptr);
    uint32_t ignored;
    library_.release_name(&ignored, &principal_name);
    if ((major & gss::kErrorMask) != 0) {
      credential_ = nullptr;
      return FailureOf(major, minor);
    }
    return Import(target_, &target_name_);
  }

  std::optional<Failure> Import(const std::string& text, void** name) {
    gss::Buffer buffer{text.size(), const_cast<char*>(text.data())};
    uint32_t minor = 0;
    const uint32_t major = library_.import_name(&minor, &buffer, &gss::kPrincipalName, name);
    if ((major & gss::kErrorMask) != 0) return FailureOf(major, minor);
    return std::nullopt;
  }

  // Copies a buffer that the library allocated, and releases it.
  void Take(gss::Buffer* buffer, std::vector<uint8_t>* copy) {
    const uint8_t* bytes = static_cast<const uint8_t*>(buffer->value);
    if (bytes != nullptr) copy->assign(bytes, bytes + buffer->length);
    uint32_t minor;
    library_.release_buffer(&minor, buffer);
  }

  Failure FailureOf(uint32_t major, uint32_t minor) {
    gss::Buffer text;
    uint32_t ignored;
    uint32_t more = 0;
    std::vector<uint8_t> message;
    library_.display_status(&ignored, minor, gss::kMinorStatusCode, &gss::kKerberos, &more, &text);
    Take(&text, &message);
    return {major, minor, std::string(message.begin(), message.end())};
  }

  void DestroyCache() {
    void* context = nullptr;
    if (library_.init_context(&context) != 0) return;
    void* cache = nullptr;
    if (library_.cc_resolve(context, cache_.c_str(), &cache) == 0) library_.cc_destroy(context, cache);
    library_.free_context(context);
  }

  const gss::Library& library_;
  const std::string principal_;
  const std::string keytab_;
  const std::string target_;
  std::string bindings_data_;
  std::string cache_;
  void* credential_ = nullptr;
  void* target_name_ = nullptr;
  void* context_ = nullptr;
  bool established_ = false;
};

Napi::Error ErrorOf(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("major", Napi::Number::New(env, failure.major));
  error.Set("minor", Napi::Number::New(env, static_cast<int32_t>(failure.minor)));
  return error;
}

std::vector<uint8_t> BytesOf(const Napi::Value& value) {
  if (!value.IsTypedArray()) return {};
  Napi::Uint8Array bytes = value.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ByteLength());
}

Napi::Value ToJavaScript(Napi::Env env, const std::vector<uint8_t>& bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
}

// One step, passed to its thread and back to JavaScript.
struct StepJob {
  Napi::Promise::Deferred deferred;
  std::shared_ptr<Session> session;
  std::shared_ptr<bool> busy;
  std::vector<uint8_t> input;
  std::vector<uint8_t> output;
  std::optional<Failure> failure;
  bool done = false;
};

void Finish(Napi::Env env, Napi::Function, StepJob* job) {
  std::unique_ptr<StepJob> owned(job);
  // The environment is null during teardown.
  if (static_cast<napi_env>(env) == nullptr) return;
  *owned->busy = false;
  if (owned->failure.has_value()) {
    owned->deferred.Reject(ErrorOf(env, *owned->failure).Value());
    return;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("token", ToJavaScript(env, owned->output));
  result.Set("done", Napi::Boolean::New(env, owned->done));
  owned->deferred.Resolve(result);
}

class KerberosClient : public Napi::ObjectWrap<KerberosClient> {
 public:
  static void Export(Napi::Env env, Napi::Object exports) {
    exports.Set("KerberosClient", DefineClass(env, "KerberosClient",
                                              {
                                                  InstanceMethod("step", &KerberosClient::Step),
                                                  InstanceMethod("wrap", &KerberosClient::WrapMessage),
                                                  InstanceMethod("unwrap", &KerberosClient::UnwrapMessage),
                                                  InstanceMethod("close", &KerberosClient::Close),
                                              }));
  }

  // new KerberosClient(principal, keytab, target, channelBindings): a path, two principals, and bytes (empty if none).
  explicit KerberosClient(const Napi::CallbackInfo& info) : Napi::ObjectWrap<KerberosClient>(info) {
    Napi::Env env = info.Env();
    if (info.Length() < 4 || !info[0].IsString() || !info[1].IsString() || !info[2].IsString() ||
        !info[3].IsTypedArray()) {
      Napi::TypeError::New(env, "principal, keytab, target and channel bindings are expected")
          .ThrowAsJavaScriptException();
      return;
    }
    std::string reason;
    const gss::Library* library = gss::Load(&reason);
    if (library == nullptr) {
      Napi::Error error = Napi::Error::New(env, reason);
      error.Set("code", Napi::String::New(env, "ERR_NO_KERBEROS"));
      error.ThrowAsJavaScriptException();
      return;
    }
    const std::vector<uint8_t> bindings = BytesOf(info[3]);
    session_ = std::make_shared<Session>(*library, info[0].As<Napi::String>().Utf8Value(),
                                         info[1].As<Napi::String>().Utf8Value(), info[2].As<Napi::String>().Utf8Value(),
                                         std::string(bindings.begin(), bindings.end()));
  }

 private:
  Napi::Value Step(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (!RequireIdle(env)) return env.Undefined();
    *busy_ = true;
    auto* job = new StepJob{Napi::Promise::Deferred::New(env), session_, busy_,
                            info.Length() > 0 ? BytesOf(info[0]) : std::vector<uint8_t>(), {}, std::nullopt};
    Napi::Promise promise = job->deferred.Promise();
    auto back = Napi::ThreadSafeFunction::New(env, Napi::Function(), "KerberosClient.step", 0, 1);
    back.Unref(env);
    std::thread([job, back]() mutable {
      job->failure = job->session->Step(job->input, &job->output, &job->done);
      if (back.BlockingCall(job, Finish) != napi_ok) delete job;
      back.Release();
    }).detach();
    return promise;
  }

  Napi::Value WrapMessage(const Napi::CallbackInfo& info) { return Protect(info, &Session::Wrap); }
  Napi::Value UnwrapMessage(const Napi::CallbackInfo& info) { return Protect(info, &Session::Unwrap); }

  // A step in progress keeps the session alive until it ends.
  Napi::Value Close(const Napi::CallbackInfo& info) {
    session_.reset();
    return info.Env().Undefined();
  }

  Napi::Value Protect(const Napi::CallbackInfo& info,
                      std::optional<Failure> (Session::*work)(const std::vector<uint8_t>&, std::vector<uint8_t>*)) {
    Napi::Env env = info.Env();
    if (!RequireIdle(env)) return env.Undefined();
    if (!session_->established()) {
      Napi::Error::New(env, "the security context is not established").ThrowAsJavaScriptException();
      return env.Undefined();
    }
    std::vector<uint8_t> output;
    const auto failure = ((*session_).*work)(info.Length() > 0 ? BytesOf(info[0]) : std::vector<uint8_t>(), &output);
    if (failure.has_value()) {
      ErrorOf(env, *failure).ThrowAsJavaScriptException();
      return env.Undefined();
    }
    return ToJavaScript(env, output);
  }

  bool RequireIdle(Napi::Env env) {
    if (session_ != nullptr && !*busy_) return true;
    Napi::Error::New(env, session_ == nullptr ? "the client is closed" : "a step is in progress")
        .ThrowAsJavaScriptException();
    return false;
  }

  std::shared_ptr<Session> session_;
  std::shared_ptr<bool> busy_ = std::make_shared<bool>(false);
};

}  // namespace

void ExportKerberosClient(Napi::Env env, Napi::Object exports) { KerberosClient::Export(env, exports); }

}  // namespace tpmtbs
